import { VirtualMachine } from "@cloudlink/core";
import { expect, test } from "vitest";
import { namedActions } from "./action-names.ts";

test("each action that a kind of core's declares is a command, in the kind's own words, and there is no other", () => {
  const declared = Object.values(VirtualMachine.actions).map(({ name, description }) => [
    name,
    description.toLowerCase(),
  ]);
  expect(namedActions.map(({ name, description }) => [name, `${description}.`.toLowerCase()])).toEqual(declared);
});
