/** Amounts as people type them: yuan, with or without fen. */

/** Return the amount in fen, or undefined if the text is not an amount. */
export function fenOf(typed: string): number | undefined {
  const match = /^\s*[¥￥]?\s*(\d{1,6})(?:[.。](\d{1,2}))?\s*(?:元)?\s*$/.exec(typed)
  return match ? Number(match[1]) * 100 + Number((match[2] ?? '').padEnd(2, '0')) : undefined
}

/** Return an amount in fen as the text of an input, in yuan; '' for none. */
export function typed(fen: number | null | undefined): string {
  return fen == null ? '' : fen % 100 ? (fen / 100).toFixed(2) : String(fen / 100)
}
