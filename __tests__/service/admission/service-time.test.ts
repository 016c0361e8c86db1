import { describe, expect, it } from "@jest/globals";
import { ServiceTime } from "../../../service/src/admission/service-time.js";

describe("Retry-After", () => {
  it("is a slot's share of the observed time, and one share more for every client refused before", () => {
    const time = new ServiceTime(() => 0.5);
    time.observe(30);
    expect([1, 2, 3].map(() => time.retryAfterSeconds(2, 18, 0))).toEqual([15, 30, 45]);
  });

  it("takes a share back when a slot has become free", () => {
    const time = new ServiceTime(() => 0.5);
    time.observe(30);
    time.retryAfterSeconds(2, 18, 0);
    time.retryAfterSeconds(2, 18, 0);
    time.observe(30);
    expect(time.retryAfterSeconds(2, 18, 0)).toBe(30);
  });

  it("never exceeds the time in which everybody present is served", () => {
    const time = new ServiceTime(() => 0.5);
    time.observe(15);
    const last = Array.from({ length: 100 }, () => time.retryAfterSeconds(2, 6, 0)).at(-1);
    expect(last).toBe(45);
  });

  it("follows the load: newer observations weigh more", () => {
    const time = new ServiceTime(() => 0.5);
    time.observe(10);
    time.observe(20);
    expect(time.retryAfterSeconds(1, 5, 0)).toBe(12);
  });

  it("assumes ten seconds before anything was observed, and more when the running ones take longer", () => {
    expect(new ServiceTime(() => 0.5).retryAfterSeconds(2, 18, 0)).toBe(5);
    expect(new ServiceTime(() => 0.5).retryAfterSeconds(2, 18, 120)).toBe(30);
  });

  it("is spread by a fifth and never more than a minute", () => {
    const least = new ServiceTime(() => 0);
    const most = new ServiceTime(() => 1);
    for (const time of [least, most]) time.observe(24);
    expect([least.retryAfterSeconds(2, 18, 0), most.retryAfterSeconds(2, 18, 0)]).toEqual([10, 15]);
    for (const time of [least, most]) time.observe(3_000);
    expect([least.retryAfterSeconds(2, 18, 0), most.retryAfterSeconds(2, 18, 0)]).toEqual([40, 60]);
  });

  it("is at least a second", () => {
    const time = new ServiceTime(() => 0.5);
    time.observe(0.01);
    expect(time.retryAfterSeconds(4, 4, 0)).toBe(1);
  });
});
