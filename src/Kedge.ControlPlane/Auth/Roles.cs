using System.Collections.Immutable;

namespace Kedge.ControlPlane.Auth;

/// <summary>The words for what a credential may do.</summary>
public static class Roles
{
    /// <summary>Everything.</summary>
    public const string Admin = "admin";

    /// <summary>Reading, but no secret and no backup.</summary>
    public const string Viewer = "viewer";

    /// <summary>The server's metrics only.</summary>
    public const string Metrics = "metrics";

    /// <summary>All of them.</summary>
    public static readonly ImmutableArray<string> All = [Admin, Viewer, Metrics];
}
