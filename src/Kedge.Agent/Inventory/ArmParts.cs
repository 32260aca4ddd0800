
namespace Kedge.Agent.Inventory;

/// <summary>Names of Arm cores by implementer and part number (MIDR_EL1), as their manuals give them.</summary>
internal static class ArmParts
{
    private const int Arm = 0x41;
    private const int HiSilicon = 0x48;
    private const int Nvidia = 0x4e;
    private const int Qualcomm = 0x51;
    private const int Apple = 0x61;
    private const int Ampere = 0xc0;

    private static readonly Dictionary<(int Implementer, int Part), string> Names =
        new Dictionary<(int Implementer, int Part), string>
        {
            [(Arm, 0xb76)] = "ARM1176",
            [(Arm, 0xc05)] = "Cortex-A5",
            [(Arm, 0xc07)] = "Cortex-A7",
            [(Arm, 0xc08)] = "Cortex-A8",
            [(Arm, 0xc09)] = "Cortex-A9",
            [(Arm, 0xc0d)] = "Cortex-A17",
            [(Arm, 0xc0e)] = "Cortex-A17",
            [(Arm, 0xc0f)] = "Cortex-A15",
            [(Arm, 0xd01)] = "Cortex-A32",
            [(Arm, 0xd02)] = "Cortex-A34",
            [(Arm, 0xd03)] = "Cortex-A53",
            [(Arm, 0xd04)] = "Cortex-A35",
            [(Arm, 0xd05)] = "Cortex-A55",
            [(Arm, 0xd06)] = "Cortex-A65",
            [(Arm, 0xd07)] = "Cortex-A57",
            [(Arm, 0xd08)] = "Cortex-A72",
            [(Arm, 0xd09)] = "Cortex-A73",
            [(Arm, 0xd0a)] = "Cortex-A75",
            [(Arm, 0xd0b)] = "Cortex-A76",
            [(Arm, 0xd0c)] = "Neoverse-N1",
            [(Arm, 0xd0d)] = "Cortex-A77",
            [(Arm, 0xd0e)] = "Cortex-A76AE",
            [(Arm, 0xd40)] = "Neoverse-V1",
            [(Arm, 0xd41)] = "Cortex-A78",
            [(Arm, 0xd42)] = "Cortex-A78AE",
            [(Arm, 0xd43)] = "Cortex-A65AE",
            [(Arm, 0xd44)] = "Cortex-X1",
            [(Arm, 0xd46)] = "Cortex-A510",
            [(Arm, 0xd47)] = "Cortex-A710",
            [(Arm, 0xd48)] = "Cortex-X2",
            [(Arm, 0xd49)] = "Neoverse-N2",
            [(Arm, 0xd4a)] = "Neoverse-E1",
            [(Arm, 0xd4b)] = "Cortex-A78C",
            [(Arm, 0xd4d)] = "Cortex-A715",
            [(Arm, 0xd4e)] = "Cortex-X3",
            [(Arm, 0xd4f)] = "Neoverse-V2",
            [(Arm, 0xd80)] = "Cortex-A520",
            [(Arm, 0xd81)] = "Cortex-A720",
            [(Arm, 0xd82)] = "Cortex-X4",
            [(HiSilicon, 0xd01)] = "TaiShan v110",
            [(Nvidia, 0x003)] = "Denver 2",
            [(Nvidia, 0x004)] = "Carmel",
            [(Qualcomm, 0x001)] = "Oryon",
            [(Qualcomm, 0x802)] = "Kryo 3xx Gold",
            [(Qualcomm, 0x803)] = "Kryo 3xx Silver",
            [(Qualcomm, 0x804)] = "Kryo 4xx Gold",
            [(Qualcomm, 0x805)] = "Kryo 4xx Silver",
            [(Apple, 0x022)] = "Icestorm",
            [(Apple, 0x023)] = "Firestorm",
            [(Ampere, 0xac3)] = "Ampere-1",
        };

    /// <summary>The name of a core, or its numbers where the name is not known.</summary>
    internal static string NameOf(ArmCores cores) =>
        Names.TryGetValue((cores.Implementer, cores.Part), out string? name)
            ? name
            : $"Arm implementer 0x{cores.Implementer:x2} part 0x{cores.Part:x3}";
}
