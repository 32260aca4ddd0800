using System.Collections.Immutable;

namespace Kedge.Agent.Inventory;

/// <summary>Names the processor, its architecture and the ISA extensions that a variant may ask for.</summary>
internal static class ProcessorReader
{
    /// <summary>x86 extensions that inference engines choose by, as <c>/proc/cpuinfo</c> spells them.</summary>
    private static readonly HashSet<string> X86 =
        new(StringComparer.Ordinal) { "ssse3", "sse4_1", "sse4_2", "avx", "avx2", "f16c", "fma", "bmi2",
        "avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl", "avx512_vnni", "avx512_bf16", "avx512_fp16",
        "avx_vnni", "avx_vnni_int8", "avx_ne_convert", "amx_tile", "amx_int8", "amx_bf16", "amx_fp16" };

    /// <summary>Arm extensions; <c>neon</c> and <c>vfpv4</c> are what 32-bit kernels tell.</summary>
    private static readonly HashSet<string> Arm =
        new(StringComparer.Ordinal) { "neon", "vfpv4", "asimd", "asimdhp", "asimddp", "asimdfhm", "fphp", "atomics",
        "i8mm", "bf16", "sve", "sve2", "svei8mm", "svebf16", "sme", "sme2" };

    /// <summary>RISC-V extensions of one letter and of several.</summary>
    private static readonly HashSet<string> Riscv =
        new(StringComparer.Ordinal) { "v", "zba", "zbb", "zbs", "zfh", "zvbb", "zvfh" };

    /// <summary><c>x64</c>, <c>x86</c>, <c>arm64</c>, <c>arm</c>, <c>riscv64</c>, <c>riscv32</c> or empty.</summary>
    internal static string Architecture(CpuListing listing) => listing switch
    {
        { Flags.Length: > 0 } => listing.Flags.Contains("lm") ? "x64" : "x86",
        { Features.Length: > 0 } => listing.Features.Contains("asimd") ? "arm64" : "arm",
        { RiscvIsa: ['r', 'v', '6', '4', ..] } => "riscv64",
        { RiscvIsa: ['r', 'v', '3', '2', ..] } => "riscv32",
        _ => "",
    };

    /// <summary>The processor, as it names itself; Arm cores by kind, with their number where kinds differ.</summary>
    internal static string Model(CpuListing listing, InventoryTree tree)
    {
        if (listing.Cores.Length > 0)
        {
            return listing.Cores.Length == 1
                ? ArmParts.NameOf(listing.Cores[0])
                : InventoryTree.Clean(
                    string.Join(", ", listing.Cores.Select(static c => $"{c.Count}x {ArmParts.NameOf(c)}")));
        }

        string[] names =
        [
            listing.ModelName,
            listing.RiscvCore,
            InventoryTree.Clean(listing.RiscvIsa),
            tree.Text("proc/device-tree/model"),
        ];
        return names.FirstOrDefault(static n => n.Length > 0, "");
    }

    /// <summary>Known extensions, sorted.</summary>
    internal static ImmutableArray<string> IsaFeatures(CpuListing listing) =>
        [.. listing.Flags.Where(X86.Contains)
            .Concat(listing.Features.Where(Arm.Contains))
            .Concat(RiscvWords(listing.RiscvIsa).Where(Riscv.Contains))
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal)];

    /// <summary><c>rv64imafdcv_zba_zbb</c> as its letters and words.</summary>
    private static IEnumerable<string> RiscvWords(string isa)
    {
        string[] parts = isa.Split('_', StringSplitOptions.RemoveEmptyEntries);
        string letters = parts.Length > 0 && parts[0].Length > 4 ? parts[0][4..] : "";
        return letters.Select(char.ToString).Concat(parts.Skip(1));
    }
}
