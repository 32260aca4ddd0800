using System.Globalization;
using Kedge.Inference.Golden;

namespace Kedge.Agent.Sandbox;

/// <summary>
/// How many golden samples agreed when an instance was tried, of the model of which the smallest share did. Kept in a
/// file of the instance's folder: whoever adopts the instance tells it too.
/// </summary>
internal sealed class GoldenReach
{
    private GoldenVerdict? _least;

    /// <summary>Takes what one model reached.</summary>
    internal void Take(GoldenVerdict verdict)
    {
        bool isLess = _least is null
            || (long)verdict.Agreed * _least.Samples < (long)_least.Agreed * verdict.Samples;
        _least = isLess ? verdict : _least;
    }

    /// <summary>Writes it down, where anything was tried.</summary>
    internal void Remember(InstancePaths paths)
    {
        if (_least is not null)
        {
            File.WriteAllText(
                paths.Golden,
                string.Create(CultureInfo.InvariantCulture, $"{_least.Agreed}/{_least.Samples}\n"));
        }
    }

    /// <summary>What was written; 0 of 0 where nothing was, or the line is torn.</summary>
    internal static (int Agreed, int Samples) Of(InstancePaths paths)
    {
        string text = File.Exists(paths.Golden) ? File.ReadAllText(paths.Golden) : "";
        int slash = text.IndexOf('/');
        return slash > 0 && text.EndsWith('\n')
            && int.TryParse(text.AsSpan(0, slash), CultureInfo.InvariantCulture, out int agreed)
            && int.TryParse(text.AsSpan(slash + 1).TrimEnd(), CultureInfo.InvariantCulture, out int samples)
            && agreed >= 0 && agreed <= samples
            ? (agreed, samples)
            : (0, 0);
    }
}
