const zh = {
  provider: {
    month: '月份',
    turnover: '本月收入',
    completedJobs: '完工工单',
    share: { acceptance: '接单率', punctuality: '按时率', satisfaction: '满意率' },
    payouts: '付给求助人',
    printable: '打印版',
    statementEmpty: '这个月还没有完工的工单',
    dayTotal: '{n} 单完工，收入 {sum}',
  },
}

const en: typeof zh = {
  provider: {
    month: 'Month',
    turnover: 'Turnover for the month',
    completedJobs: 'Jobs completed',
    share: { acceptance: 'Accepted', punctuality: 'On time', satisfaction: 'Satisfied' },
    payouts: 'Paid to citizens',
    printable: 'Print version',
    statementEmpty: 'No jobs completed this month',
    dayTotal: '{n} completed, {sum} billed',
  },
}

export default { 'zh-CN': zh, en }
