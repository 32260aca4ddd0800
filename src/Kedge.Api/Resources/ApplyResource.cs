namespace Kedge.Api.Resources;

/// <summary>What an apply did, or would do.</summary>
public sealed record ApplyResource
{
    /// <summary>True when nothing was written.</summary>
    public bool DryRun { get; init; }

    /// <summary>One result per document, in the order of the manifest.</summary>
    public IReadOnlyList<ApplyResult> Results { get; init; } = [];
}

/// <summary>What happened to one object.</summary>
public sealed record ApplyResult
{
    /// <summary>Kind, as <c>Deployment</c>.</summary>
    public string Kind { get; init; } = "";

    /// <summary>Name.</summary>
    public string Name { get; init; } = "";

    /// <summary><c>created</c>, <c>configured</c> or <c>unchanged</c>.</summary>
    public string Outcome { get; init; } = "";

    /// <summary>Revision after it; 0 when the object was not written.</summary>
    public long Revision { get; init; }

    /// <summary>
    /// Changed fields, one line each, as <c>~ spec.endpoint.port: 8500 -> 8501</c>, and packages and versions that
    /// come, change and go, as <c>+ spec.models[0].versions[v3]: sha256:...</c>; only when asked for.
    /// </summary>
    public IReadOnlyList<string> Diff { get; init; } = [];

    /// <summary>The token's text, shown this once; only for a new enrolment token.</summary>
    public string? Token { get; init; }
}
