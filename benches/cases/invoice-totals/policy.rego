package invoices

summary := {
	"open": sum(open_amounts),
	"customers": {invoice.customer | some invoice in input.invoices},
	"largest": max({line.price | some invoice in input.invoices; some line in invoice.lines}),
}

open_amounts := [amount |
	some invoice in input.invoices
	not invoice.paid
	some line in invoice.lines
	amount := line.price * line.count
]
