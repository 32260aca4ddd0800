namespace Kedge.Cli;

/// <summary>Everything outside the program that a command touches, so that tests can stand in for a terminal.</summary>
public sealed record CliWorld
{
    /// <summary>Where results go.</summary>
    public required TextWriter Out { get; init; }

    /// <summary>Where errors, warnings and progress go.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>What <c>-f -</c> reads.</summary>
    public required TextReader In { get; init; }

    /// <summary>True when results go to a terminal: colours and redrawing are allowed.</summary>
    public bool IsTerminal { get; init; }

    /// <summary>True when errors go to a terminal: progress bars are allowed.</summary>
    public bool IsErrorTerminal { get; init; }

    /// <summary>The clock: ages, timeouts and polling.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>Reads an environment variable; null when it is not set.</summary>
    public required Func<string, string?> Environment { get; init; }

    /// <summary>The user's home folder.</summary>
    public required string Home { get; init; }

    /// <summary>True when results may be coloured: a terminal, and neither NO_COLOR nor TERM=dumb.</summary>
    public bool HasColour =>
        IsTerminal && string.IsNullOrEmpty(Environment("NO_COLOR")) && Environment("TERM") != "dumb";

    /// <summary>This process's own.</summary>
    public static CliWorld Real() => new()
    {
        Out = Console.Out,
        Error = Console.Error,
        In = Console.In,
        IsTerminal = !Console.IsOutputRedirected,
        IsErrorTerminal = !Console.IsErrorRedirected,
        Time = TimeProvider.System,
        Environment = System.Environment.GetEnvironmentVariable,
        Home = System.Environment.GetFolderPath(System.Environment.SpecialFolder.UserProfile),
    };
}
