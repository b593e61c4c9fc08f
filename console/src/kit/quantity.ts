/** Quantities in the unit that an item is charged by, exact to two decimals. */
import { t } from './locale'

/** Return whether work charged by this unit has a quantity; work quoted as a whole has none. */
export function isCounted(unit: string | null | undefined): unit is string {
  return Boolean(unit) && unit !== 'quote'
}

/** 3 小时, 2.5 hours; '' for work that is not charged by a unit. */
export function measure(quantity: number, unit: string | null | undefined): string {
  return isCounted(unit) ? `${quantity} ${t(`unit.${unit}`, quantity === 1 ? 1 : 2)}` : ''
}

/** /小时, per hour; '' for work that is not charged by a unit. */
export function perUnit(unit: string | null | undefined): string {
  return isCounted(unit) ? t(`per.${unit}`) : ''
}

const MOST = 1000

/** Return the quantity typed, or undefined if it is not one. */
export function quantityOf(typed: string | number): number | undefined {
  const match = /^\s*(\d{1,4})(?:[.。](\d{1,2}))?\s*$/.exec(String(typed))
  const quantity = match ? Number(`${match[1]}.${match[2] ?? 0}`) : 0
  return quantity > 0 && quantity <= MOST ? quantity : undefined
}

/** Return the sum in whole fen at a price per unit; half a fen is rounded up. */
export function priced(unitFen: number, quantity: number): number {
  return Math.floor((unitFen * Math.round(quantity * 100) + 50) / 100)
}
