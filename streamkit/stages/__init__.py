"""Push stages from events to events: order, think blocks, books, tool calls, assembly."""
