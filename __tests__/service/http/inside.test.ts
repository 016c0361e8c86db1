import { expect, it } from "@jest/globals";
import { insideOf } from "../../../service/src/http/inside.js";

it.each([
  ["10.30.4.5", true],
  ["::ffff:10.30.4.5", true],
  ["10.31.0.1", false],
  ["192.168.7.9", true],
  ["203.0.113.7", false],
  ["2001:db8::1", false],
  ["127.0.0.1", true],
  ["::1", true],
  ["", false],
])("%s is inside of 10.30.0.0/16 and 192.168.7.0/24: %s", (address, inside) => {
  expect(insideOf(["10.30.0.0/16", "192.168.7.0/24"])(address)).toBe(inside);
});

it("takes every address where no blocks are given", () => {
  expect(insideOf([])("203.0.113.7")).toBe(true);
});
