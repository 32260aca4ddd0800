using System.CommandLine;
using Kedge.Api;
using Kedge.Cli.Contexts;
using Kedge.Cli.Output;

namespace Kedge.Cli.Running;

/// <summary>One run of one command: its arguments, its terminal and, when it asks for it, its server.</summary>
public sealed class Session : IDisposable
{
    private KedgeClient? _client;
    private KedgeContext? _context;

    /// <summary>A run of a command.</summary>
    public Session(CliWorld world, ParseResult arguments, GlobalOptions options)
    {
        World = world;
        Arguments = arguments;
        Options = options;
        Contexts = new ContextFile(world);
        Print = new Printer(world);
    }

    /// <summary>What is outside.</summary>
    public CliWorld World { get; }

    /// <summary>The arguments.</summary>
    public ParseResult Arguments { get; }

    /// <summary>Options that all commands take.</summary>
    public GlobalOptions Options { get; }

    /// <summary>The user's contexts.</summary>
    public ContextFile Contexts { get; }

    /// <summary>Writes results.</summary>
    public Printer Print { get; }

    /// <summary>Which server is called and how.</summary>
    public KedgeContext Context => _context ??= Contexts.Require(
        Arguments.GetValue(Options.Context) ?? "", Arguments.GetValue(Options.Server) ?? "");

    /// <summary>The server; opened when it is first asked for.</summary>
    public KedgeClient Client => _client ??= new KedgeClient(Context);

    /// <summary>True once a server was asked for.</summary>
    public bool HasClient => _client is not null;

    /// <summary>Now, Unix milliseconds.</summary>
    public long NowMs => World.Time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>The value of an argument, or its default.</summary>
    public T? Get<T>(Argument<T> argument) => Arguments.GetValue(argument);

    /// <summary>The value of an option, or its default.</summary>
    public T? Get<T>(Option<T> option) => Arguments.GetValue(option);

    /// <inheritdoc/>
    public void Dispose() => _client?.Dispose();
}
