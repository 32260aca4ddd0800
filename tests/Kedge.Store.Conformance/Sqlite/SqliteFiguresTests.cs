using Kedge.Store.Conformance.Drivers;
using Kedge.Store.Conformance.Suites;

namespace Kedge.Store.Conformance.Sqlite;

public sealed class SqliteFiguresTests() : FiguresSuite(new SqliteDriver());
