using System.Collections.Immutable;

namespace Kedge.Inference.Control;

/// <summary>
/// What a model server answers on its own socket only, unless its device's configuration opens it: the words of
/// <see cref="ServeConfig.OpenControl"/>.
/// </summary>
public static class ControlAreas
{
    /// <summary>Loading and unloading models.</summary>
    public const string Repository = "repository";

    /// <summary>Settings of tracing.</summary>
    public const string Trace = "trace";

    /// <summary>Settings of the log.</summary>
    public const string Logging = "logging";

    /// <summary>Registering shared memory.</summary>
    public const string Memory = "memory";

    /// <summary>All of them.</summary>
    public static readonly ImmutableArray<string> All = [Repository, Trace, Logging, Memory];
}
