using System.Text.Json;
using Kedge.Api;

namespace Kedge.Cli.Contexts;

/// <summary>The user's file of contexts, mode 0600: which servers there are and how to call them.</summary>
public sealed class ContextFile(CliWorld world)
{
    /// <summary>Where it lies: <c>KEDGE_CONFIG</c>, or <c>config.json</c> in the user's configuration folder.</summary>
    public string Path
    {
        get
        {
            if (world.Environment("KEDGE_CONFIG") is { Length: > 0 } named)
            {
                return named;
            }

            string? folder = world.Environment("XDG_CONFIG_HOME");
            folder = string.IsNullOrEmpty(folder) ? System.IO.Path.Combine(world.Home, ".config") : folder;
            return System.IO.Path.Combine(folder, "kedge", "config.json");
        }
    }

    /// <summary>Reads it; empty when there is none.</summary>
    public ContextDocument Load() => Load(Path);

    /// <summary>Reads another file of contexts.</summary>
    public static ContextDocument Load(string path)
    {
        try
        {
            return ContextDocument.Load(path);
        }
        catch (JsonException exception)
        {
            throw new CliException(CliErrors.ContextFile, $"{path}: {exception.Message}", ExitCodes.Failed, exception);
        }
    }

    /// <summary>Writes it whole.</summary>
    public void Save(ContextDocument document) => document.Save(Path);

    /// <summary>The context that a command is to use.</summary>
    /// <param name="name">From <c>--context</c>; empty for <c>KEDGE_CONTEXT</c> or the current one.</param>
    /// <param name="server">From <c>--server</c>; empty for the context's own address.</param>
    public KedgeContext Require(string name, string server)
    {
        ContextDocument document = Load();
        string wanted = name.Length > 0 ? name : world.Environment("KEDGE_CONTEXT") ?? "";
        if (document.Find(wanted) is not KedgeContext context)
        {
            throw wanted.Length > 0
                ? new CliException(
                    CliErrors.UnknownContext, $"{Path} has no context {wanted}", ExitCodes.NotFound)
                : new CliException(CliErrors.NoContext, $"{Path} names no current context", ExitCodes.Failed);
        }

        if (server.Length == 0)
        {
            return context;
        }

        string address = server.Contains("://", StringComparison.Ordinal) ? server : "https://" + server;
        return Uri.TryCreate(address, UriKind.Absolute, out Uri? uri) && uri.Scheme == Uri.UriSchemeHttps
            ? context with { Server = address }
            : throw new CliException(CliErrors.Usage, $"--server {server} is no https address", ExitCodes.Usage);
    }
}
