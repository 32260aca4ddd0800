using Kedge.Tidy;
using Kedge.Tidy.Rules;

namespace Kedge.Repository.Tests.Tidy;

public sealed class TypeRulesTests
{
    [Theory]
    [InlineData("class DeviceManager;")]
    [InlineData("record struct DeviceInfo;")]
    [InlineData("interface IDeviceService;")]
    [InlineData("enum DeviceData { Unknown = 0 }")]
    [InlineData("class Outer { class InnerHelper; }")]
    public void A_name_that_does_not_say_what_the_type_does_is_named(string text) =>
        Assert.Contains(Judged(text, "tests/Kedge.Core.Tests/X.cs"), offence => offence.Rule == "type-name");

    [Theory]
    [InlineData("class Database;")]
    [InlineData("class SystemdService;")]
    [InlineData("class Metadata;")]
    public void A_name_that_only_looks_like_it_passes(string text) =>
        Assert.DoesNotContain(Judged(text, "tests/Kedge.Core.Tests/X.cs"), offence => offence.Rule == "type-name");

    [Fact]
    public void A_second_class_in_a_file_is_named()
    {
        Offence offence = Assert.Single(Judged("class Device;\nclass Fleet;\n", "src/Kedge.Core/Device.cs"));

        Assert.Equal(
            "src/Kedge.Core/Device.cs:2: type Fleet stands beside Device: give it a file of its own",
            offence.ToString());
    }

    [Fact]
    public void Cases_enums_file_local_types_and_small_records_may_share_a_file() => Assert.Empty(Judged(
        """
        namespace Kedge.Core;
        abstract record Device;
        sealed class Small : Device;
        enum Kind { Unknown = 0 }
        file class Reader;
        sealed record Size(int Bytes);
        readonly struct Pair;
        static class Words;
        """,
        "src/Kedge.Core/Device.cs"));

    [Fact]
    public void A_group_of_small_records_may_bear_its_plural_name()
    {
        Assert.Empty(Judged("record EnrolRequest;\nrecord EnrolResponse;\n", "src/Kedge.Wire/EnrolMessages.cs"));
        Assert.NotEmpty(Judged("class EnrolRequest;\nclass EnrolResponse;\n", "src/Kedge.Wire/EnrolMessages.cs"));
    }

    [Fact]
    public void A_type_and_its_cases_may_share_a_file_of_their_plural_name() => Assert.Empty(Judged(
        "abstract class Handle;\nclass Env : Handle;\nclass Session : Handle;\n", "src/Kedge.Core/Handles.cs"));

    [Fact]
    public void A_file_is_named_after_its_type()
    {
        Offence offence = Assert.Single(Judged("class Device;", "src/Kedge.Core/Fleet.cs"));

        Assert.Equal("src/Kedge.Core/Fleet.cs: file holds Device but no type Fleet", offence.ToString());
    }

    [Fact]
    public void A_part_of_a_type_carries_its_purpose_after_the_dot() =>
        Assert.Empty(Judged("partial class Device;", "src/Kedge.Core/Device.Log.cs"));

    private static List<Offence> Judged(string text, string path) => [.. TypeRules.Judge(new SourceFile(path, text))];
}
