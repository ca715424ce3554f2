-- How accurately the sender wants the article read, as copydesk.v1.Accuracy; null: as the server is set.
alter table article_versions add column given_accuracy smallint;
