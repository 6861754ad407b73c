import { useQuery } from "@tanstack/react-query";
import { Flag } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import type { Schemas } from "../api/client";
import type { Platform } from "../api/platforms";
import { notes } from "../api/queries";
import { useFormat, useTexts } from "../app/texts";
import { Button } from "./button";
import { Dialog } from "./dialog";
import { Waiting } from "./panel";

type Note = Schemas["NoteItem"];

const NoteList = lazy(() => import("./note-list"));

export interface About {
  from: string;
  to: string;
  platforms?: string;
  campaign?: string;
}

export function useNotes({ from, to, platforms, campaign }: About) {
  return useQuery(
    notes({
      date_from: from,
      date_to: to,
      ...(platforms ? { platform: platforms } : {}),
      ...(campaign ? { campaign_id: campaign } : {}),
    }),
  );
}

export function useNoteText(): (note: Note) => string {
  const t = useTexts();
  const format = useFormat();
  return (note) => {
    if (note.kind === "tracking")
      return t("note.tracking", { name: note.subject ?? "", version: note.version ?? 0 });
    if (note.kind === "backfill")
      return t("note.backfill", {
        name: note.subject ?? "",
        days: format.days(note.date_from, note.date_to),
      });
    return note.text ?? "";
  };
}

/** The notes of these days as flags of a chart: the day each begins, and its text. */
export function useFlags(about: About): { day: string; text: string }[] {
  const textOf = useNoteText();
  const query = useNotes(about);
  return (query.data ?? []).map((note) => ({
    day: note.date_from < about.from ? about.from : note.date_from,
    text: textOf(note),
  }));
}

/** What is written beside a chart, and where one writes. */
export function ChartNotes({ about, platform }: { about: About; platform?: Platform }) {
  const t = useTexts();
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button onPress={() => setOpen(true)}>
        <Flag size={14} aria-hidden /> {t("note.title")}
      </Button>
      <Dialog title={t("note.title")} isOpen={isOpen} onClose={() => setOpen(false)}>
        <Suspense fallback={<Waiting lines={6} />}>
          <NoteList about={about} platform={platform} />
        </Suspense>
      </Dialog>
    </>
  );
}
