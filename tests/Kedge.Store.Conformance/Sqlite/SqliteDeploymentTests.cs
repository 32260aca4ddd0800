using Kedge.Store.Conformance.Drivers;
using Kedge.Store.Conformance.Suites;

namespace Kedge.Store.Conformance.Sqlite;

public sealed class SqliteDeploymentTests() : DeploymentSuite(new SqliteDriver());
