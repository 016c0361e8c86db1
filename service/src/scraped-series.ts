import { Counter, Gauge, type Registry } from "prom-client";

/** What a series is at a scrape; undefined leaves it out. */
type Reading = number | undefined;

/** Series that are read where their truth is, at every scrape, so that the two can never disagree. */
export class ScrapedSeries {
  readonly #registers: Registry[];

  constructor(registry: Registry) {
    this.#registers = [registry];
  }

  gauge(name: string, help: string, read: () => Reading): void {
    new Gauge({
      name,
      help,
      registers: this.#registers,
      collect() {
        this.reset();
        const value = read();
        if (value === undefined) this.remove();
        else this.set(value);
      },
    });
  }

  /** One value for each value of a label. */
  gaugeBy(name: string, help: string, label: string, read: () => Readonly<Record<string, number>>): void {
    new Gauge({
      name,
      help,
      labelNames: [label],
      registers: this.#registers,
      collect() {
        this.reset();
        for (const [key, value] of Object.entries(read())) this.set({ [label]: key }, value);
      },
    });
  }

  /** Something that is counted elsewhere: it is set and not added to. */
  counter(name: string, help: string, read: () => Reading): void {
    new Counter({
      name,
      help,
      registers: this.#registers,
      collect() {
        this.reset();
        this.inc(read() ?? 0);
      },
    });
  }
}
