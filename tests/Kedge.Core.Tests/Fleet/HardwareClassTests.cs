using Kedge.Core.Fleet;

namespace Kedge.Core.Tests.Fleet;

public sealed class HardwareClassTests
{
    [Theory]
    [InlineData("x64", "", "x64")]
    [InlineData("x64", "avx sse4_2", "x64-avx")]
    [InlineData("x64", "avx avx2 fma", "x64-avx2")]
    [InlineData("x64", "avx avx2 avx_vnni", "x64-avxvnni")]
    [InlineData("x64", "avx avx2 avx512f avx512bw", "x64-avx512")]
    [InlineData("x64", "avx avx2 avx512f avx512bw avx512_vnni", "x64-avx512vnni")]
    [InlineData("x64", "avx2 avx512bw avx512_vnni amx_tile amx_int8", "x64-amx")]
    [InlineData("x64", "asimddp sve2", "x64")]
    [InlineData("arm64", "asimd", "arm64")]
    [InlineData("arm64", "asimd asimddp", "arm64-dotprod")]
    [InlineData("arm64", "asimddp i8mm bf16", "arm64-i8mm")]
    [InlineData("arm64", "i8mm sve", "arm64-sve")]
    [InlineData("arm64", "i8mm sve sve2", "arm64-sve2")]
    [InlineData("arm64", "sve sve2 sme", "arm64-sme")]
    [InlineData("arm", "neon vfpv4", "arm-neon")]
    [InlineData("arm", "", "arm")]
    [InlineData("riscv64", "v zba", "riscv64-v")]
    [InlineData("mips", "msa", "mips")]
    [InlineData("", "avx2", "")]
    public void The_widest_level_of_the_architecture_names_the_class(string architecture, string features, string name)
    {
        DeviceFacts facts = new()
        {
            Architecture = architecture,
            IsaFeatures = [.. features.Split(' ', StringSplitOptions.RemoveEmptyEntries)],
        };
        Assert.Equal(name, HardwareClass.Of(facts));
        Assert.Equal(name.Length > 0, HardwareClass.IsValid(name));
    }
}
