/** How much work there is, in the unit by which an item is charged: exact to the hundredth. */
import { t } from './locale'

/** Whether what is charged by this unit has a quantity; what is quoted as a whole has none. */
export function isCounted(unit: string | null | undefined): unit is string {
  return Boolean(unit) && unit !== 'quote'
}

/** 3 小时, 2.5 hours; nothing for what is not charged by a unit. */
export function measure(quantity: number, unit: string | null | undefined): string {
  return isCounted(unit) ? `${quantity} ${t(`unit.${unit}`, quantity === 1 ? 1 : 2)}` : ''
}

/** What a price is for: /小时, per hour; nothing for what is not charged by a unit. */
export function perUnit(unit: string | null | undefined): string {
  return isCounted(unit) ? t(`per.${unit}`) : ''
}

const MOST = 1000

/** A quantity that was typed, or undefined where it is none. */
export function quantityOf(typed: string | number): number | undefined {
  const match = /^\s*(\d{1,4})(?:[.。](\d{1,2}))?\s*$/.exec(String(typed))
  const quantity = match ? Number(`${match[1]}.${match[2] ?? 0}`) : 0
  return quantity > 0 && quantity <= MOST ? quantity : undefined
}

/** What so much comes to at a price per unit, to the whole fen; half a fen is rounded up. */
export function priced(unitFen: number, quantity: number): number {
  return Math.floor((unitFen * Math.round(quantity * 100) + 50) / 100)
}
