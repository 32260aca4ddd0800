using Kedge.Store.Conformance.Drivers;
using Kedge.Store.Conformance.Suites;

namespace Kedge.Store.Conformance.Sqlite;

public sealed class SqliteSiteTests() : SiteSuite(new SqliteDriver());
