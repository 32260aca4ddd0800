using Kedge.Store.Conformance.Drivers;
using Kedge.Store.Conformance.Suites;

namespace Kedge.Store.Conformance.Memory;

public sealed class MemorySiteTests() : SiteSuite(new MemoryDriver());
