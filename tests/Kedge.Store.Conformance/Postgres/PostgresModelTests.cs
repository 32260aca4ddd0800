using Kedge.Store.Conformance.Drivers;
using Kedge.Store.Conformance.Suites;

namespace Kedge.Store.Conformance.Postgres;

[Collection(PostgresServer.Name)]
public sealed class PostgresModelTests(PostgresServer server) : ModelSuite(new PostgresDriver(server));
