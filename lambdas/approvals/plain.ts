/**
 * Other people's words in one line, as mail and page show them: control characters, line breaks, unpaired surrogates
 * and characters that are invisible or turn the order of what is read become a space.
 */
export function plain(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu, ' ');
}
