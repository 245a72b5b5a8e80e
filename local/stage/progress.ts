/** Writes lines with the seconds since this was called, for a person to follow: `[ 12.3 s] deploy the stack`. */
export function stopwatchLines(out: NodeJS.WritableStream): (line: string) => void {
  const started = performance.now();
  return (line) => {
    const seconds = ((performance.now() - started) / 1000).toFixed(1).padStart(5);
    out.write(`[${seconds} s] ${line}\n`);
  };
}
