const zh = {
  provider: {
    month: '月份',
    turnover: '本月收入',
    completedJobs: '完成工单',
    share: { acceptance: '接单率', punctuality: '按时率', satisfaction: '满意率' },
    payouts: '付给求助人',
    printable: '打印版',
    statementEmpty: '这个月还没有完成的工单',
    dayTotal: '{n} 单完成，收入 {sum}',
  },
}

const en: typeof zh = {
  provider: {
    month: 'Month',
    turnover: 'Turnover of the month',
    completedJobs: 'Jobs completed',
    share: { acceptance: 'Accepted', punctuality: 'On time', satisfaction: 'Satisfied' },
    payouts: 'Paid to citizens',
    printable: 'Printable',
    statementEmpty: 'No job was completed this month',
    dayTotal: '{n} completed, {sum} billed',
  },
}

export default { 'zh-CN': zh, en }
