namespace Kedge.ControlPlane.Http;

/// <summary>Who may make a call.</summary>
internal enum Access
{
    /// <summary>Not a valid value.</summary>
    Unknown = 0,

    /// <summary>A device that is not in yet: the body proves its right, by a token or by the enrolled key.</summary>
    Proof = 1,

    /// <summary>A device, by its certificate.</summary>
    Device = 2,

    /// <summary>Anybody with a credential of any role.</summary>
    Metrics = 3,

    /// <summary>A viewer or an administrator.</summary>
    Viewer = 4,

    /// <summary>An administrator.</summary>
    Admin = 5,

    /// <summary>Everybody: the root certificate only, which is public and judged by its pinned digest.</summary>
    Root = 6,
}

/// <summary>One call that the server answers.</summary>
/// <param name="Method">HTTP method.</param>
/// <param name="Pattern">Path with parameters in braces.</param>
/// <param name="Access">Who may make it.</param>
/// <param name="Summary">One sentence for the interface's document.</param>
/// <param name="Handle">Answers it.</param>
internal sealed record Route(string Method, string Pattern, Access Access, string Summary, Func<Call, Task> Handle);
