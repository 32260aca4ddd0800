using System.Collections.Immutable;

namespace Kedge.Core.Fleet;

/// <summary>
/// The class of a machine's processor for costs that were measured elsewhere: its architecture and the widest vector
/// instructions that inference engines choose their code by. Two machines of one class run the same code; how fast
/// their clocks are does not change which of two variants is the faster one. Derived from facts alone, so that every
/// part of the system names the same class.
/// </summary>
public static class HardwareClass
{
    /// <summary>Characters of a class at most.</summary>
    public const int CharsMax = 32;

    /// <summary>For each architecture the extensions, best first, with the word that names their level.</summary>
    private static readonly ImmutableArray<(string Architecture, string Feature, string Level)> Levels =
    [
        ("x64", "amx_int8", "amx"),
        ("x64", "avx512_vnni", "avx512vnni"),
        ("x64", "avx512bw", "avx512"),
        ("x64", "avx_vnni", "avxvnni"),
        ("x64", "avx2", "avx2"),
        ("x64", "avx", "avx"),
        ("arm64", "sme", "sme"),
        ("arm64", "sve2", "sve2"),
        ("arm64", "sve", "sve"),
        ("arm64", "i8mm", "i8mm"),
        ("arm64", "asimddp", "dotprod"),
        ("arm", "neon", "neon"),
        ("riscv64", "v", "v"),
    ];

    /// <summary>The class of a device; empty while its architecture is not known.</summary>
    public static string Of(DeviceFacts facts) => Of(facts.Architecture, facts.IsaFeatures);

    /// <summary>The class of a machine: <c>x64-avx2</c>, <c>arm64-dotprod</c>, <c>arm64</c>.</summary>
    /// <param name="architecture">As <see cref="DeviceFacts.Architecture"/>.</param>
    /// <param name="features">As <see cref="DeviceFacts.IsaFeatures"/>; others may be among them.</param>
    public static string Of(string architecture, IReadOnlyCollection<string> features)
    {
        foreach ((string of, string feature, string level) in Levels)
        {
            if (of == architecture && features.Contains(feature))
            {
                return $"{architecture}-{level}";
            }
        }

        return architecture;
    }

    /// <summary>
    /// True for what may stand in a manifest: 1..<see cref="CharsMax"/> of <c>a-z 0-9 -</c>. Classes that a later
    /// version names are kept, not refused.
    /// </summary>
    public static bool IsValid(string text) => text.Length <= CharsMax && Ids.IsName(text);
}
