package workbook

// addBudget adds the run rate, where there is a budget. A cell of a percentage holds a fraction, as Excel wants it.
func (b *book) addBudget(p *page) {
	rate, ok := b.r.RunRate()
	if !ok {
		return
	}
	p.section(figureSection, "Budget", "", "", "", "Per month ("+b.r.Currency+")", "Covered")
	p.fit(4, textWidth(b.r.Amount(b.r.Budget.Value))+3)
	p.fit(4, textWidth(rate.String())+3)
	p.add(words(plain, "Budget"), cell{}, cell{}, cell{}, b.money(b.r.Budget.Value, false))
	format := "#,##0.0%"
	if rate.AtLeast {
		format = `"at least "` + format
	}
	p.add(words(plain, "Run rate"), cell{}, cell{}, cell{}, cell{value: rate.Percent.Shift(-2).InexactFloat64(), look: look{format: format}},
		words(covered, b.r.Running.Coverage()))
	p.blank()
}
