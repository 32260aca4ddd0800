using Kedge.Store.Conformance.Drivers;
using Kedge.Store.Conformance.Suites;

namespace Kedge.Store.Conformance.Postgres;

[Collection(PostgresServer.Name)]
public sealed class PostgresFiguresTests(PostgresServer server) : FiguresSuite(new PostgresDriver(server));
