namespace Kedge.Store.Conformance.Drivers;

[CollectionDefinition(PostgresServer.Name)]
public sealed class PostgresCollection : ICollectionFixture<PostgresServer>;
