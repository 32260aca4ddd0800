using System.Collections.Immutable;
using Kedge.Core.Errors;

namespace Kedge.Cli;

/// <summary>
/// Ends a command with findings and an exit status. The message of each finding is a sentence for the user.
/// </summary>
public sealed class CliException : Exception
{
    /// <summary>Ends with one finding.</summary>
    public CliException(ErrorCode code, string message, int exitCode, Exception? inner = null)
        : this([code.At(message)], exitCode, inner)
    {
    }

    /// <summary>Ends with all that was found.</summary>
    public CliException(ImmutableArray<Finding> findings, int exitCode, Exception? inner = null)
        : base(findings.IsEmpty ? "" : findings[0].Message, inner) => (Findings, ExitCode) = (findings, exitCode);

    /// <summary>What is wrong, at least one.</summary>
    public ImmutableArray<Finding> Findings { get; }

    /// <summary>One of <see cref="ExitCodes"/>.</summary>
    public int ExitCode { get; }
}
