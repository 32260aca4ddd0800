using System.Collections.Immutable;
using System.Globalization;

namespace Kedge.Agent.Inventory;

/// <summary>
/// What <c>/proc/cpuinfo</c> tells, whatever the instruction set. Of values that every processor repeats the first is
/// kept; Arm cores are counted by kind, as the processors of one machine may differ.
/// </summary>
internal sealed record CpuListing
{
    /// <summary>Processors listed.</summary>
    internal int Count { get; private init; }

    /// <summary>x86 and 32-bit Arm: <c>model name</c>.</summary>
    internal string ModelName { get; private init; } = "";

    /// <summary>x86: <c>flags</c>.</summary>
    internal ImmutableArray<string> Flags { get; private init; } = [];

    /// <summary>Arm: <c>Features</c>.</summary>
    internal ImmutableArray<string> Features { get; private init; } = [];

    /// <summary>RISC-V: <c>isa</c>, as <c>rv64imafdc_zba</c>.</summary>
    internal string RiscvIsa { get; private init; } = "";

    /// <summary>RISC-V: <c>uarch</c>, as <c>sifive,u74-mc</c>.</summary>
    internal string RiscvCore { get; private init; } = "";

    /// <summary>Arm: kinds of cores in the order of their first processor.</summary>
    internal ImmutableArray<ArmCores> Cores { get; private init; } = [];

    /// <summary>Parses the file; a line that is not understood is passed over.</summary>
    internal static CpuListing Parse(string text)
    {
        CpuListing listing = new();
        int implementer = 0;
        foreach (ReadOnlySpan<char> line in text.AsSpan().EnumerateLines())
        {
            int colon = line.IndexOf(':');
            if (colon < 0)
            {
                continue;
            }

            ReadOnlySpan<char> value = line[(colon + 1)..].Trim();
            switch (line[..colon].Trim())
            {
                case "processor" when listing.Count < InventoryLimits.CpusMax:
                    listing = listing with { Count = listing.Count + 1 };
                    break;
                case "model name" when listing.ModelName.Length == 0:
                    listing = listing with { ModelName = InventoryTree.Clean(value.ToString()) };
                    break;
                case "flags" when listing.Flags.Length == 0:
                    listing = listing with { Flags = Words(value) };
                    break;
                case "Features" when listing.Features.Length == 0:
                    listing = listing with { Features = Words(value) };
                    break;
                case "isa" when listing.RiscvIsa.Length == 0:
                    listing = listing with { RiscvIsa = value.ToString() };
                    break;
                case "uarch" when listing.RiscvCore.Length == 0:
                    listing = listing with { RiscvCore = InventoryTree.Clean(value.ToString()) };
                    break;
                case "CPU implementer":
                    implementer = Hex(value);
                    break;
                case "CPU part" when implementer > 0:
                    listing = listing with { Cores = Counted(listing.Cores, implementer, Hex(value)) };
                    break;
            }
        }

        return listing;
    }

    private static ImmutableArray<string> Words(ReadOnlySpan<char> text) =>
        [.. text.ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries)];

    /// <summary>A number as <c>0xd0b</c>; 0 for anything else.</summary>
    private static int Hex(ReadOnlySpan<char> text) =>
        text is ['0', 'x', .. ReadOnlySpan<char> digits]
        && int.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int number)
        && number is >= 0 and <= 0xfff
            ? number
            : 0;

    private static ImmutableArray<ArmCores> Counted(ImmutableArray<ArmCores> cores, int implementer, int part)
    {
        for (int index = 0; index < cores.Length; index++)
        {
            if (cores[index].Implementer == implementer && cores[index].Part == part)
            {
                return cores.SetItem(index, cores[index] with { Count = cores[index].Count + 1 });
            }
        }

        return cores.Length < InventoryLimits.CoreKindsMax ? cores.Add(new ArmCores(implementer, part, 1)) : cores;
    }
}

/// <summary>Arm cores of one kind.</summary>
/// <param name="Implementer">Who made them: bits 31..24 of MIDR_EL1.</param>
/// <param name="Part">Which they are: bits 15..4 of MIDR_EL1.</param>
/// <param name="Count">How many there are.</param>
internal sealed record ArmCores(int Implementer, int Part, int Count);
