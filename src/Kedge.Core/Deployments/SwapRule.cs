namespace Kedge.Core.Deployments;

/// <summary>Whether the old version goes on serving until the new one is ready.</summary>
public enum SwapRule
{
    /// <summary>Not a valid value.</summary>
    Unknown = 0,

    /// <summary>Warm where there is memory for both, else cold: the device sees.</summary>
    Auto = 1,

    /// <summary>The old version ends before the new one starts; connections wait meanwhile.</summary>
    Cold = 2,

    /// <summary>The new version starts beside the old one, whatever memory there is.</summary>
    Warm = 3,
}

/// <summary>The words of <see cref="SwapRule"/>, in manifests and on the wire.</summary>
public static class SwapRules
{
    /// <summary>The word of a rule.</summary>
    public static string Word(SwapRule rule) => rule switch
    {
        SwapRule.Auto => "auto",
        SwapRule.Cold => "cold",
        SwapRule.Warm => "warm",
        SwapRule.Unknown => throw Check.Unreachable(rule),
    };

    /// <summary>Reads a word; what is none of ours leaves it to the device.</summary>
    public static SwapRule Read(string? word) => word switch
    {
        "cold" => SwapRule.Cold,
        "warm" => SwapRule.Warm,
        _ => SwapRule.Auto,
    };
}
