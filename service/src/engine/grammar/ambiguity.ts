/**
 * llama.cpp follows every reading of the text at once. Where two alternatives of one kind lie on a loop of definitions,
 * each turn doubles the readings: a schema of ten lines then takes all memory within one answer.
 */
export class Ambiguity {
  readonly #uses = new Map<string, Set<string>>();
  readonly #forks: {
    readonly owner: string;
    readonly branches: readonly ReadonlySet<string>[];
    readonly path: string;
  }[] = [];

  /** Says that the rule of a definition refers to others. */
  addDefinition(name: string, uses: ReadonlySet<string>): void {
    this.#uses.set(name, new Set(uses));
  }

  /** Says that in the rule of `owner` several alternatives can begin alike, and what each refers to. */
  addFork(owner: string, branches: readonly ReadonlySet<string>[], path: string): void {
    this.#forks.push({ owner, branches, path });
  }

  /** Path of an alternative that doubles itself, if there is one. */
  findDoubling(): string | undefined {
    return this.#forks.find(
      ({ owner, branches }) => branches.filter((branch) => this.#reaches(branch, owner)).length > 1,
    )?.path;
  }

  #reaches(from: ReadonlySet<string>, owner: string): boolean {
    const seen = new Set(from);
    for (const name of seen) {
      if (name === owner) return true;
      for (const next of this.#uses.get(name) ?? []) seen.add(next);
    }
    return false;
  }
}
