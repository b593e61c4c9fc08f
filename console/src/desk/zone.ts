export { momentAt as momentOf } from '@/kit/clock'
