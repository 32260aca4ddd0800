using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Kedge.Core;

/// <summary>Checks that stay on in Release: a failed one is a bug of ours, never an answer to bad input.</summary>
public static class Check
{
    /// <summary>Throws <see cref="InvariantException"/> unless <paramref name="condition"/> holds.</summary>
    /// <param name="condition">What must be true here.</param>
    /// <param name="because">The expression, filled in by the compiler.</param>
    public static void That(
        [DoesNotReturnIf(false)] bool condition,
        [CallerArgumentExpression(nameof(condition))] string because = "")
    {
        if (!condition)
        {
            throw new InvariantException($"Invariant broken: {because}");
        }
    }

    /// <summary>Ends a branch that no input can reach.</summary>
    /// <param name="what">What was met, for the message.</param>
    /// <returns>Never returns; typed so that it can end a switch expression.</returns>
    public static InvariantException Unreachable(object? what = null) => new($"Unreachable case met: {what}");
}
