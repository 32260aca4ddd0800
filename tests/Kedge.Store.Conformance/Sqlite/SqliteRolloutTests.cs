using Kedge.Store.Conformance.Drivers;
using Kedge.Store.Conformance.Suites;

namespace Kedge.Store.Conformance.Sqlite;

public sealed class SqliteRolloutTests() : RolloutSuite(new SqliteDriver());
