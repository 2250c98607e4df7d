// The clock of a queue: from the first job that is begun to the last that is recorded as done.

export class Drain {
  #expected
  #begun
  #seen = new Set()
  #completed = 0
  #finish

  constructor(expected) {
    this.#expected = expected
    this.finished = new Promise((resolve, reject) => {
      this.#finish = { resolve, reject }
    })
  }

  /** A worker has this job now. Nobody may have it twice. */
  begin(id) {
    this.#begun ??= performance.now()
    if (this.#seen.has(id)) this.#finish.reject(new Error(`job ${id} was run twice`))
    this.#seen.add(id)
  }

  complete() {
    this.#completed += 1
    if (this.#completed < this.#expected) return
    const elapsedMs = performance.now() - this.#begun
    this.#finish.resolve({ jobs: this.#seen.size, elapsed_ms: elapsedMs })
  }
}
