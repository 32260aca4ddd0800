using System.Collections.Immutable;
using Kedge.Core;
using Kedge.Store.Contracts;

namespace Kedge.Store.Relational;

/// <summary>Tags of models, within a transaction.</summary>
internal static class SqlTags
{
    private const string Select = "select tag, name, digest, moved_at_ms, revision from tags where tenant = @tenant";

    private const string FindOne = Select + " and name = @name and tag = @tag";

    private const string ListOfModel = Select + " and name = @name order by tag";

    private const string SelectHistory = """
        select tag, name, digest, moved_at_ms, revision from tag_history
        where tenant = @tenant and name = @name and tag = @tag order by revision desc
        """;

    private const string Upsert = """
        insert into tags (tenant, name, tag, digest, moved_at_ms, revision)
        values (@tenant, @name, @tag, @digest, @at, @revision)
        on conflict (tenant, name, tag) do update set
            digest = excluded.digest, moved_at_ms = excluded.moved_at_ms, revision = excluded.revision;
        insert into tag_history (tenant, name, tag, digest, moved_at_ms, revision)
        values (@tenant, @name, @tag, @digest, @at, @revision)
        """;

    private const string Trim = """
        delete from tag_history where tenant = @tenant and name = @name and tag = @tag and revision <= (
            select revision from tag_history where tenant = @tenant and name = @name and tag = @tag
            order by revision desc limit 1 offset @kept)
        """;

    private const string Delete = "delete from tags where tenant = @tenant and name = @name and tag = @tag";

    public static ValueTask<TagRow?> FindAsync(SqlSession session, TenantId tenant, string name, string tag) =>
        session.FirstAsync(FindOne, Read, Key(tenant, name, tag));

    public static ValueTask<ImmutableArray<TagRow>> ListAsync(SqlSession session, TenantId tenant, string name) =>
        session.ListAsync(ListOfModel, Read, ("tenant", tenant.ToString()), ("name", name));

    public static ValueTask<ImmutableArray<TagRow>> HistoryAsync(
        SqlSession session, TenantId tenant, string name, string tag) =>
        session.ListAsync(SelectHistory, Read, Key(tenant, name, tag));

    public static async ValueTask<TagOutcome> MoveAsync(SqlScope scope, TenantId tenant, TagMove move)
    {
        TagRow? held = await FindAsync(scope, tenant, move.Name, move.Tag).ConfigureAwait(false);
        PackageRow? package = await SqlPackages.FindRowAsync(scope, tenant, move.Digest).ConfigureAwait(false);
        if (StoreRules.JudgeTag(held, package, move) is { } answer)
        {
            return answer;
        }

        TagRow row = new(move.Name, move.Tag, move.Digest, move.AtMs, scope.Mark());
        (string Name, object Value)[] key = Key(tenant, move.Name, move.Tag);
        await scope.ExecuteAsync(
            Upsert, [.. key, ("digest", row.Digest.ToString()), ("at", row.MovedAtMs), ("revision", row.Revision)])
            .ConfigureAwait(false);
        await scope.ExecuteAsync(Trim, [.. key, ("kept", (long)StoreLimits.TagHistoryMax)]).ConfigureAwait(false);
        return new TagOutcome.Moved(row, held?.Digest ?? default);
    }

    public static async ValueTask<bool> DeleteAsync(SqlScope scope, TenantId tenant, string name, string tag)
    {
        int gone = await scope.ExecuteAsync(Delete, Key(tenant, name, tag)).ConfigureAwait(false);
        if (gone > 0)
        {
            scope.Mark();
        }

        return gone > 0;
    }

    private static (string Name, object Value)[] Key(TenantId tenant, string name, string tag) =>
        [("tenant", tenant.ToString()), ("name", name), ("tag", tag)];

    private static TagRow Read(SqlRow row)
    {
        string tag = row.Text();
        return new TagRow(row.Text(), tag, row.Digest(), row.NotNegative(), row.NotNegative());
    }
}
