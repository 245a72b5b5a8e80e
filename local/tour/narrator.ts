/** Tells the tour to whoever reads along. */
export interface Narrator {
  chapter(title: string): void;
  /** Something that was seen to be so. */
  seen(line: string): void;
  /** What takes a while, and why. */
  waiting(line: string): void;
  end(line: string): void;
  failed(error: unknown): void;
}

export function narrator(out: NodeJS.WritableStream): Narrator {
  const started = performance.now();
  const line = (mark: string, text: string): void => {
    const seconds = ((performance.now() - started) / 1000).toFixed(1).padStart(6);
    out.write(`${seconds} s  ${mark} ${text}\n`);
  };
  return {
    chapter: (title) => void out.write(`\n${title}\n`),
    seen: (text) => line('✓', text),
    waiting: (text) => line('…', text),
    end: (text) => void out.write(`\n${text}\n`),
    failed: (error) => line('✗', error instanceof Error ? error.message : String(error)),
  };
}
