using System.CommandLine;

namespace Kedge.Cli;

/// <summary>Options that every command takes, before or behind its name.</summary>
public sealed class GlobalOptions
{
    /// <summary>Which context to use.</summary>
    public Option<string> Context { get; } = new("--context")
    {
        Description = "Context to use instead of the current one (KEDGE_CONTEXT does the same).",
        HelpName = "NAME",
        Recursive = true,
    };

    /// <summary>Which address to call.</summary>
    public Option<string> Server { get; } = new("--server")
    {
        Description = "Address to call instead of the context's, as https://host:8443.",
        HelpName = "URL",
        Recursive = true,
    };
}
