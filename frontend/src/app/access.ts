import { me } from "../api/queries";
import type { Me } from "./me";
import { client } from "./queries";

/** Who is signed in, asked once. */
export function whoAmI(): Promise<Me> {
  return client.ensureQueryData(me());
}
