import { useQuery } from "@tanstack/react-query";
import type { Schemas } from "../../api/client";
import { exportKinds } from "../../api/exports";
import { useMay } from "../../app/me";

export type ExportType = Schemas["ExportType"];

export const TYPES: ExportType[] = ["campaign_metrics", "campaigns", "events", "emq"];

/** The columns that one may choose; those that tell who people are take a right, and leave on no schedule. */
export function useColumns(type: ExportType, isScheduled: boolean): string[] {
  const mayIdentify = useMay("identifiers.export") && !isScheduled;
  const { data } = useQuery(exportKinds());
  const columns = data?.find((one) => one.type === type)?.columns ?? [];
  return columns.filter(({ identifies }) => mayIdentify || !identifies).map(({ name }) => name);
}
