namespace Kedge.Cli;

/// <summary>What the program's exit status means; listed in <c>docs/cli.md</c>.</summary>
public static class ExitCodes
{
    /// <summary>Done.</summary>
    public const int Ok = 0;

    /// <summary>It failed for a reason that is none of the others.</summary>
    public const int Failed = 1;

    /// <summary>The command line cannot be understood.</summary>
    public const int Usage = 2;

    /// <summary>What was named does not exist.</summary>
    public const int NotFound = 3;

    /// <summary>The input is invalid, or the server refused it.</summary>
    public const int Refused = 4;

    /// <summary>The server could not be reached.</summary>
    public const int Unreachable = 5;

    /// <summary>What was waited for did not happen in time.</summary>
    public const int TimedOut = 6;

    /// <summary>Stopped by Ctrl-C or a signal.</summary>
    public const int Interrupted = 130;
}
