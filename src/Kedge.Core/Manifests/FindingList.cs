using System.Collections.Immutable;
using Kedge.Core.Errors;

namespace Kedge.Core.Manifests;

/// <summary>
/// Findings in the order in which they were met, cut off at <see cref="ManifestLimits.FindingsMax"/>.
/// </summary>
public sealed class FindingList
{
    private readonly List<Finding> _found = [];

    /// <summary>How many there are.</summary>
    public int Count => _found.Count;

    /// <summary>Adds one, unless there are enough.</summary>
    public void Add(ErrorCode code, string message, string field, int line)
    {
        if (_found.Count < ManifestLimits.FindingsMax)
        {
            _found.Add(code.At(message, field, line));
        }
    }

    /// <summary>All of them by line.</summary>
    public ImmutableArray<Finding> ToSorted() => [.. _found.OrderBy(finding => finding.Line)];
}
