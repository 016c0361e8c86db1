import { stripVTControlCharacters } from "node:util";

import { shownLine } from "../../../commands/start/log-line";

const LINE =
  '{"level":"info","time":"2026-03-01T12:00:05.000Z","route":"/triage","status":200,"model":{"id":"m"},"msg":"request"}';

it("a program gets the line as it is", () => {
  expect(shownLine(LINE, false)).toBe(LINE);
});

it("a person gets the time of day, the level, the message and its single values in one line", () => {
  expect(stripVTControlCharacters(shownLine(LINE, true) ?? "")).toMatch(
    /^\[\d\d:\d\d:05\] INFO: request route=\/triage status=200$/,
  );
  expect(shownLine("not JSON", true)).toBe("not JSON");
  expect(shownLine('{"level":"info","phase":"loading","msg":"phase"}', true)).toBeUndefined();
});

it("the polls of the command itself are left out, those of others are not", () => {
  const poll = (id: string) =>
    `{"level":"info","request_id":"${id}","method":"GET","route":"/ready","status":503,"msg":"request"}`;
  expect(shownLine(poll("npm-start"), false)).toBeUndefined();
  expect(shownLine(poll("npm-start"), true)).toBeUndefined();
  expect(shownLine(poll("kubelet"), false)).toBe(poll("kubelet"));
});
