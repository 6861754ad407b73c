import { useSuspenseQuery } from "@tanstack/react-query";
import type { Schemas } from "../api/client";
import { me } from "../api/queries";

export type Me = Schemas["MeResponse"];
export type Permission = Schemas["Permission"];

/** Who is signed in; only under the shell, which has asked before. */
export function useMe(): Me {
  return useSuspenseQuery(me()).data;
}

export function useMay(permission: Permission): boolean {
  return useMe().permissions.includes(permission);
}
