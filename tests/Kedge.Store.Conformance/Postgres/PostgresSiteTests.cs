using Kedge.Store.Conformance.Drivers;
using Kedge.Store.Conformance.Suites;

namespace Kedge.Store.Conformance.Postgres;

[Collection(PostgresServer.Name)]
public sealed class PostgresSiteTests(PostgresServer server) : SiteSuite(new PostgresDriver(server));
