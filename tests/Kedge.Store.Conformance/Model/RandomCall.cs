using Kedge.Store.Contracts;

namespace Kedge.Store.Conformance.Model;

/// <summary>One call with its arguments fixed, so that two stores can be asked the same.</summary>
public sealed record RandomCall(string Name, Func<IKedgeStore, Task<object?>> RunAsync);
