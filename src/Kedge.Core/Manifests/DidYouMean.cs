namespace Kedge.Core.Manifests;

/// <summary>Finds the word that a misspelt one was meant to be.</summary>
public static class DidYouMean
{
    private const int CharsMax = 64;

    /// <summary>The nearest of some words, or null when none is near: at most a third of its letters differ.</summary>
    public static string? Nearest(string text, IEnumerable<string> words)
    {
        if (text.Length is 0 or > CharsMax)
        {
            return null;
        }

        string? best = null;
        int bestDistance = int.MaxValue;
        foreach (string word in words)
        {
            int distance = Distance(text.ToLowerInvariant(), word.ToLowerInvariant());
            if (distance < bestDistance && distance <= Math.Max(1, word.Length / 3))
            {
                (best, bestDistance) = (word, distance);
            }
        }

        return best;
    }

    /// <summary>A sentence to put behind a finding: empty when nothing is near.</summary>
    public static string Sentence(string text, IEnumerable<string> words) =>
        Nearest(text, words) is string word ? $"; did you mean {word}?" : "";

    /// <summary>Letters to change, insert, remove or swap with their neighbour (optimal string alignment).</summary>
    private static int Distance(string a, string b)
    {
        int[,] cost = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++)
        {
            cost[i, 0] = i;
        }

        for (int j = 0; j <= b.Length; j++)
        {
            cost[0, j] = j;
        }

        for (int i = 1; i <= a.Length; i++)
        {
            for (int j = 1; j <= b.Length; j++)
            {
                int change = cost[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                cost[i, j] = Math.Min(change, Math.Min(cost[i - 1, j], cost[i, j - 1]) + 1);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    cost[i, j] = Math.Min(cost[i, j], cost[i - 2, j - 2] + 1);
                }
            }
        }

        return cost[a.Length, b.Length];
    }
}
